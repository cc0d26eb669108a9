test("a laptop asks its file first", function(t)
  t.allow { key = "db/password", labels = { host = "laptop" }, chain = "rest", providers = { "local", "env" } }
  t.allow { key = "db/password", chain = "rest", providers = { "env" } }
end)

test("keys of the build come from the environment alone", function(t)
  t.allow { key = "ci/token", labels = { host = "laptop" }, chain = "ci", providers = { "env" } }
end)

test("nobody writes", function(t)
  t.deny { op = "set", key = "db/password", code = "no_rule" }
end)
