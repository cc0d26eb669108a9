test("ops reads production and does not write it", function(t)
  t.allow { roles = "ops", op = "get", key = "prod/db/password", rule = "ops" }
  t.deny  { roles = "ops", op = "set", key = "prod/db/password", rule = "prod-is-read-only" }
end)

test("developers use the keys of their own team", function(t)
  t.allow { roles = "dev", key = "team/blue/token", labels = { team = "blue" }, rule = "own-team", mask = "last" }
  t.deny  { roles = "dev", key = "team/blue/token", labels = { team = "red" }, code = "no_rule" }
  t.deny  { roles = "dev", key = "team/blue/token", code = "no_rule" }
  t.deny  { roles = "dev", key = "prod/db/password", labels = { team = "prod" }, code = "no_rule" }
end)
