test("no one may do anything", function(t)
  t.deny { key = "a", rule = "everyone", code = "denied_by_rule", reason = "all access to secrets is closed for now" }
  t.deny { roles = { "admin" }, op = "keys", key = "prod/db/password" }
  t.deny { caller = "root", op = "delete", key = "x" }
end)
