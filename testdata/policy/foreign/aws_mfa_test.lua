test("aws mfa", function(t)
  t.allow { roles = "developer", key = "a" }
  t.deny { roles = "developer", op = "set", key = "a", reason = "log in with a second factor" }
  t.allow { roles = "developer", op = "set", key = "a", labels = { mfa = "true" } }
  t.deny { roles = "developer", op = "delete", key = "a", labels = { mfa = "false" } }
  t.deny { roles = "developer", op = "set", key = "a", labels = { mfa = "True" } }
end)
