test("opa approvals", function(t)
  t.allow { roles = "developer", op = "set", caller = "x", key = "prod/a", labels = { first = "y", second = "z" } }
  t.deny { roles = "developer", op = "set", caller = "x", key = "prod/a", labels = { first = "y", second = "y" } }
  t.deny { roles = "developer", op = "set", caller = "x", key = "prod/a", labels = { first = "x", second = "z" } }
  t.deny { roles = "developer", op = "set", key = "prod/a", labels = { first = "y" } }
  t.deny { roles = "developer", op = "get", key = "prod/a", labels = { first = "y", second = "z" } }
end)
