test("members manage the dev keys of their team", function(t)
  t.allow { roles = "member", op = "set", key = "team/blue/dev/db", labels = { team = "blue" }, rule = "member-dev" }
  t.deny { roles = "member", key = "team/blue/prod/db", labels = { team = "blue" }, code = "no_rule" }
  t.deny { roles = "member", key = "team/red/dev/db", labels = { team = "blue" } }
  t.deny { roles = "member", key = "team/blue/dev/db" }
end)

test("leads manage all stages of their team", function(t)
  t.allow { roles = "lead", op = "delete", key = "team/blue/prod/db", labels = { team = "blue" }, rule = "lead-all" }
  t.deny { roles = "lead", key = "team/red/prod/db", labels = { team = "blue" } }
end)

test("shared keys are read-only", function(t)
  t.allow { roles = "member", key = "shared/smtp", rule = "shared" }
  t.deny { roles = "lead", op = "set", key = "shared/smtp" }
end)

test("auditors only list names", function(t)
  t.allow { roles = "auditor", op = "keys", key = "team/blue/prod/db", rule = "auditor-lists" }
  t.deny { roles = "auditor", op = "get", key = "team/blue/prod/db" }
end)

test("a closed account has no access", function(t)
  t.deny { roles = "lead", key = "team/blue/prod/db", labels = { team = "blue", active = "no" }, rule = "left-the-company" }
end)

test("a role is needed", function(t)
  local blue = { team = "blue" }
  t.deny { roles = "visitor", key = "team/blue/dev/db", labels = blue, code = "no_rule" }
  t.deny { key = "team/blue/prod/db", labels = blue, code = "no_rule" }
  t.deny { roles = "visitor", key = "shared/smtp", labels = blue, code = "no_rule" }
  t.deny { roles = "visitor", op = "keys", key = "team/blue/prod/db", labels = blue, code = "no_rule" }
end)

test("a team's name gives no access outside of its keys", function(t)
  t.deny { roles = "lead", key = "other/blue/db", labels = { team = "blue" }, code = "no_rule" }
  t.deny { roles = "member", key = "other/blue/dev/db", labels = { team = "blue" }, code = "no_rule" }
  t.deny { roles = "auditor", key = "shared/smtp", code = "no_rule" }
end)

test("keys are as deep as they like", function(t)
  local blue = { team = "blue" }
  t.allow { roles = "member", key = "team/blue/dev/a/b", labels = blue, rule = "member-dev" }
  t.allow { roles = "lead", key = "team/blue/prod/a/b", labels = blue, rule = "lead-all" }
  t.allow { roles = "member", key = "shared/a/b", rule = "shared" }
  t.allow { roles = "lead", op = "keys", key = "shared/a/b", rule = "shared" }
end)

test("a closed account has no access to anything", function(t)
  t.deny { roles = "auditor", op = "keys", key = "x", labels = { active = "no" }, rule = "left-the-company", reason = "this account is closed" }
  t.allow { roles = "auditor", op = "keys", key = "x", labels = { active = "yes" }, rule = "auditor-lists" }
end)
