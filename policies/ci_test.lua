test("only a push to main reads deploy keys", function(t)
  t.allow { roles = "ci", key = "deploy/registry/token", labels = { event = "push", branch = "main" }, rule = "deploy-keys", mask = "full" }
  t.deny { roles = "ci", key = "deploy/registry/token", labels = { event = "push", branch = "topic" }, code = "no_rule" }
  t.deny { roles = "ci", key = "deploy/registry/token" }
end)

test("a pull request reads only test keys", function(t)
  t.allow { roles = "ci", key = "test/db", labels = { event = "pull_request" }, rule = "test-keys" }
  t.deny { roles = "ci", key = "repo/app/npm", labels = { event = "pull_request", repo = "app" }, rule = "pull-requests" }
end)

test("a job reads only the keys of its repository", function(t)
  t.allow { roles = "ci", op = "keys", key = "repo/app/npm", labels = { event = "push", repo = "app" }, rule = "repo-keys" }
  t.deny { roles = "ci", key = "repo/other/npm", labels = { event = "push", repo = "app" } }
end)

test("a job never writes", function(t)
  t.deny { roles = "ci", op = "set", key = "test/db", rule = "jobs-never-write" }
end)
