test("infisical stages", function(t)
  t.allow { roles = "developer", key = "dev/api/x" }
  t.allow { roles = "developer", op = "keys", key = "prod/api/x" }
  t.deny { roles = "developer", key = "prod/api/x", rule = "no-prod" }
  t.deny { roles = "developer", key = "dev/web/x" }
  t.deny { roles = { "developer", "admin" }, key = "prod/x" }
end)
