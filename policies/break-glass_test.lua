test("services read", function(t)
  t.allow { caller = "svc/billing", key = "prod/db/password", rule = "services", mask = "full" }
  t.deny { caller = "alice", key = "prod/db/password", code = "no_rule" }
end)

test("emergency access requires a ticket", function(t)
  t.allow { caller = "alice", roles = "break-glass", key = "prod/db/password", labels = { ticket = "INC-42" }, rule = "BREAK-GLASS" }
  t.deny { caller = "alice", roles = "break-glass", key = "prod/db/password", rule = "no-ticket" }
  t.deny { caller = "alice", roles = "break-glass", key = "prod/db/password", labels = { ticket = "please" }, rule = "no-ticket" }
end)

test("emergency access is read-only", function(t)
  t.deny { roles = "break-glass", op = "set", key = "prod/db/password", labels = { ticket = "INC-42" }, rule = "never-change" }
end)
