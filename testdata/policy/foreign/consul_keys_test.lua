test("consul keys", function(t)
  t.allow { roles = "client", key = "x" }
  t.deny { roles = "client", op = "set", key = "x" }
  t.allow { roles = "client", op = "set", key = "app/a" }
  t.deny { roles = "client", key = "app/private/a" }
  t.deny { roles = "client", key = "app/bar/secret" }
  t.allow { roles = "client", key = "app/private" }
  t.deny { roles = "client", op = "set", key = "app" }
end)
