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
  t.deny { roles = "operator", op = "watch", key = "service/mail/tls.key", rule = "private-keys" }
  t.deny { roles = "operator", op = "set", key = "service/mail/x" }
end)

test("only the pipeline writes", function(t)
  t.allow { roles = "pipeline", op = "set", key = "service/mail/x", rule = "pipeline" }
  t.deny { roles = "pipeline", key = "service/mail/x" }
end)

test("keys outside of a service's folder are not its own", function(t)
  t.deny { caller = "billing", key = "shared/billing/db", code = "no_rule" }
  t.deny { caller = "service", key = "service/billing/db", code = "no_rule" }
  t.allow { caller = "billing", key = "service/billing/a/b/c", rule = "own-keys" }
end)

test("the pipeline writes the keys of services only", function(t)
  t.allow { roles = "pipeline", op = "delete", key = "service/mail/a/b", rule = "pipeline" }
  t.deny { roles = "pipeline", op = "set", key = "shared/smtp", code = "no_rule" }
  t.deny { roles = "pipeline", op = "set", key = "service", code = "no_rule" }
end)

test("private keys are hidden from operators alone", function(t)
  t.allow { caller = "mail", key = "service/mail/tls.key", rule = "own-keys", mask = "hash" }
  t.allow { caller = "mail", key = "service/mail/ssh/id_ed25519", rule = "own-keys", mask = "hash" }
  t.deny { roles = "operator", key = "service/mail/ssh/id_ed25519", rule = "private-keys", reason = "only the service itself may read its private keys" }
  t.allow { roles = "operator", op = "keys", key = "service/mail/tls.key", rule = "operators" }
  t.allow { roles = "operator", op = "watch", key = "shared/smtp", rule = "operators" }
end)

test("masks fit the value", function(t)
  t.allow { caller = "mail", key = "service/mail/smtp_token_1", mask = "last" }
  t.allow { caller = "mail", key = "service/mail/password", mask = "full" }
end)
