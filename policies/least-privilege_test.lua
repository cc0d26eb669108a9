test("a service reads its own keys", function(t)
  t.allow { caller = "billing", key = "service/billing/db/password", rule = "own-keys" }
  t.allow { caller = "billing", op = "watch", key = "service/billing/api_key", mask = "last" }
end)

test("a service has no access to other keys", function(t)
  t.deny { caller = "billing", key = "service/mail/db/password", code = "no_rule" }
  t.deny { caller = "billing", op = "keys", key = "service/billing2/x" }
  t.deny { caller = "", key = "service/mail/x" }
  t.deny { caller = "billing", op = "set", key = "service/billing/x" }
end)

test("operators read all but private keys", function(t)
  t.allow { roles = "operator", key = "service/mail/db/password", rule = "operators" }
  t.deny { roles = "operator", key = "service/mail/tls.key", rule = "private-keys", mask = "hash" }
  t.deny { roles = "operator", op = "set", key = "service/mail/x" }
end)

test("only the pipeline writes", function(t)
  t.allow { roles = "pipeline", op = "set", key = "service/mail/x", rule = "pipeline" }
  t.deny { roles = "pipeline", key = "service/mail/x" }
end)
