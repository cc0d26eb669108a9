test("vault specific wins", function(t)
  t.allow { key = "area/app/public" }
  t.deny { key = "area/app/private", code = "no_rule" }
  t.deny { op = "set", key = "area/app/public" }
  t.deny { key = "area/app/public/x" }
  t.deny { key = "area/x" }
end)
