test("people read in the daytime", function(t)
  t.allow { roles = "engineer", key = "prod/db", at = "2026-03-02T08:00:00Z", rule = "people-by-day" }
  t.deny { roles = "engineer", key = "prod/db", at = "2026-03-02T06:59:00Z", code = "no_rule" }
  t.deny { roles = "engineer", key = "prod/db", at = "2026-03-02T17:00:00Z" }
  t.deny { roles = "engineer", key = "prod/db", at = "2026-03-01T12:00:00Z" }
end)

test("the window follows summer time", function(t)
  t.allow { roles = "engineer", key = "prod/db", at = "2026-07-01T06:00:00Z" }
  t.deny { roles = "engineer", key = "prod/db", at = "2026-07-01T16:00:00Z" }
end)

test("programs and people on call read at any time", function(t)
  t.allow { caller = "svc/billing", key = "prod/db", at = "2026-03-01T02:00:00Z", rule = "programs" }
  t.allow { roles = "oncall", key = "prod/db", at = "2026-03-01T02:00:00Z", rule = "oncall" }
end)

test("no changes from Friday afternoon to Saturday morning", function(t)
  t.allow { roles = "engineer", op = "set", key = "staging/db", at = "2026-03-06T14:59:00Z", rule = "staging" }
  t.deny { roles = "engineer", op = "set", key = "staging/db", at = "2026-03-06T15:00:00Z", rule = "no-change-on-friday-night" }
  t.deny { roles = "engineer", op = "set", key = "staging/db", at = "2026-03-07T04:00:00Z" }
  t.allow { roles = "engineer", op = "set", key = "staging/db", at = "2026-03-07T05:00:00Z" }
end)

test("only reading is allowed in production", function(t)
  for _, op in ipairs({ "set", "delete" }) do
    t.deny { caller = "svc/billing", op = op, key = "prod/db", at = "2026-03-02T09:00:00Z", code = "no_rule" }
    t.deny { roles = "engineer", op = op, key = "prod/db", at = "2026-03-02T09:00:00Z", code = "no_rule" }
    t.deny { roles = "oncall", op = op, key = "prod/db", at = "2026-03-02T09:00:00Z", code = "no_rule" }
  end
end)

test("production and staging are all there is", function(t)
  t.deny { caller = "svc/billing", key = "test/db", at = "2026-03-02T09:00:00Z" }
  t.deny { roles = "engineer", key = "test/db", at = "2026-03-02T09:00:00Z" }
  t.deny { roles = "oncall", key = "test/db", at = "2026-03-02T09:00:00Z" }
end)

test("a role is needed", function(t)
  t.deny { caller = "alice", key = "prod/db", at = "2026-03-02T09:00:00Z", code = "no_rule" }
  t.deny { caller = "alice", roles = "visitor", key = "staging/db", at = "2026-03-02T09:00:00Z", code = "no_rule" }
end)

test("deep keys are production too", function(t)
  t.allow { caller = "svc/billing", key = "prod/db/eu/password", at = "2026-03-02T09:00:00Z", rule = "programs" }
  t.allow { roles = "engineer", key = "prod/db/eu/password", at = "2026-03-02T09:00:00Z", rule = "people-by-day" }
  t.allow { roles = "oncall", key = "prod/db/eu/password", at = "2026-03-02T09:00:00Z", rule = "oncall" }
  t.allow { roles = "engineer", key = "staging/db/eu/password", at = "2026-03-02T09:00:00Z", rule = "staging" }
end)

test("only changes are frozen, and only on Friday night", function(t)
  t.allow { roles = "engineer", key = "staging/db", at = "2026-03-06T20:00:00Z", rule = "staging" }
  t.allow { roles = "engineer", op = "set", key = "staging/db", at = "2026-03-05T20:00:00Z", rule = "staging" }
  t.deny { roles = "engineer", op = "delete", key = "staging/db/eu", at = "2026-03-06T20:00:00Z",
           reason = "no changes between Friday afternoon and Saturday morning" }
end)
