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

test("services only read, and only production", function(t)
  for _, op in ipairs({ "set", "delete", "keys" }) do
    t.deny { caller = "svc/billing", op = op, key = "prod/db/password", code = "no_rule" }
  end
  t.allow { caller = "svc/billing", op = "watch", key = "prod/db/password", rule = "services" }
  t.deny { caller = "svc/billing", key = "staging/db/password", code = "no_rule" }
end)

test("a ticket is worth nothing without the role", function(t)
  t.deny { caller = "alice", key = "prod/db/password", labels = { ticket = "INC-42" }, code = "no_rule" }
  t.deny { caller = "alice", roles = "engineer", key = "prod/db/password", labels = { ticket = "INC-42" }, code = "no_rule" }
end)

test("emergency access lists and reads production, and nothing else", function(t)
  local ticket = { ticket = "INC-42" }
  t.allow { roles = "break-glass", op = "keys", key = "prod/db/password", labels = ticket, rule = "BREAK-GLASS" }
  t.deny { roles = "break-glass", op = "watch", key = "prod/db/password", labels = ticket, code = "no_rule" }
  t.deny { roles = "break-glass", key = "staging/db", labels = ticket, code = "no_rule" }
  t.deny { roles = "break-glass", key = "prod/db/password", rule = "no-ticket",
           reason = "emergency access requires a ticket: label ticket=ABC-123" }
  t.deny { roles = "break-glass", op = "delete", key = "staging/db", labels = ticket, rule = "never-change" }
end)

test("the emergency rules bind no one else", function(t)
  t.deny { caller = "alice", op = "set", key = "prod/db/password", labels = { ticket = "INC-42" }, code = "no_rule" }
  t.deny { caller = "svc/billing", key = "staging/db", code = "no_rule", mask = "full" }
end)
