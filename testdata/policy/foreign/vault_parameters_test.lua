test("vault parameters", function(t)
  t.allow { op = "set", key = "app/x" }
  t.deny { key = "app/x" }
  t.deny { op = "delete", key = "app/x" }
  t.deny { op = "keys", key = "app/x" }
  t.deny { op = "set", key = "other" }
end)
