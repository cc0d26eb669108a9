test("consul override", function(t)
  t.allow { key = "app/web/x" }
  t.allow { op = "set", key = "app/web/x" }
  t.deny { key = "app/x" }
  t.allow { roles = "client", key = "other" }
  t.deny { key = "app/web" }
  t.deny { key = "app/web2/x" }
end)
