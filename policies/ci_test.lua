test("only a push to main reads deploy keys", function(t)
  t.allow { roles = "ci", key = "deploy/registry/token", labels = { event = "push", branch = "main" }, rule = "deploy-keys", mask = "full" }
  t.deny { roles = "ci", key = "deploy/registry/token", labels = { event = "push", branch = "topic" }, code = "no_rule" }
  t.deny { roles = "ci", key = "deploy/registry/token" }
end)

test("a pull request reads only test keys", function(t)
  t.allow { roles = "ci", key = "test/db", labels = { event = "pull_request" }, rule = "test-keys" }
  t.deny { roles = "ci", key = "repo/app/npm", labels = { event = "pull_request", repo = "app" }, rule = "pull-requests" }
end)

test("any event that is not named as one of the repository, and no event, reads only test keys", function(t)
  for _, event in ipairs({ "pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment",
                           "merge_request_event", "external_pull_request_event", "issue_comment", "issues", "workflow_run",
                           "merge_group", "repository_dispatch", "discussion", "fork", "Push", "push ", "pushed", "" }) do
    local labels = { event = event, branch = "main", repo = "app" }
    t.allow { roles = "ci", key = "test/db", labels = labels, rule = "test-keys" }
    for _, op in ipairs({ "get", "keys", "watch" }) do
      t.deny { roles = "ci", op = op, key = "repo/app/npm", labels = labels }
      t.deny { roles = "ci", op = op, key = "deploy/registry/token", labels = labels }
    end
  end
  local none = { branch = "main", repo = "app" }
  t.allow { roles = "ci", key = "test/db", labels = none, rule = "test-keys" }
  t.deny { roles = "ci", key = "repo/app/npm", labels = none, code = "no_rule" }
  t.deny { roles = "ci", key = "deploy/registry/token", labels = none, code = "no_rule" }
end)

test("events that run code of the repository alone read its keys", function(t)
  for _, event in ipairs({ "push", "schedule", "workflow_dispatch", "release" }) do
    t.allow { roles = "ci", key = "repo/app/npm", labels = { event = event, repo = "app" }, rule = "repo-keys" }
    t.deny { roles = "ci", key = "repo/other/npm", labels = { event = event, repo = "app" }, code = "no_rule" }
    t.deny { roles = "ci", key = "repo/app/npm", labels = { event = event }, code = "no_rule" }
  end
end)

test("a job reads only the keys of its repository", function(t)
  t.allow { roles = "ci", op = "keys", key = "repo/app/npm", labels = { event = "push", repo = "app" }, rule = "repo-keys" }
  t.deny { roles = "ci", key = "repo/other/npm", labels = { event = "push", repo = "app" } }
end)

test("a job never writes", function(t)
  t.deny { roles = "ci", op = "set", key = "test/db", rule = "jobs-never-write" }
end)

test("a role is needed", function(t)
  local push = { event = "push", branch = "main", repo = "app" }
  for _, key in ipairs({ "test/db", "repo/app/npm", "deploy/registry/token" }) do
    t.allow { roles = "ci", key = key, labels = push, mask = "full" }
    t.deny { key = key, labels = push, code = "no_rule" }
    t.deny { roles = "developer", key = key, labels = push, code = "no_rule" }
  end
end)

test("deploy keys are read one by one", function(t)
  local push = { event = "push", branch = "main" }
  t.deny { roles = "ci", op = "keys", key = "deploy/registry/token", labels = push, code = "no_rule" }
  t.deny { roles = "ci", op = "watch", key = "deploy/registry/token", labels = push, code = "no_rule" }
  t.deny { roles = "ci", key = "deploy/registry/token", labels = { branch = "main" }, code = "no_rule" }
end)

test("there are no other keys", function(t)
  local all = { event = "push", branch = "main", repo = "app" }
  t.deny { roles = "ci", key = "prod/db", labels = all, code = "no_rule" }
  t.deny { roles = "ci", key = "other/app/npm", labels = all, code = "no_rule" }
end)

test("keys are as deep as they like", function(t)
  local all = { event = "push", branch = "main", repo = "app" }
  t.allow { roles = "ci", key = "test/a/b/c", rule = "test-keys" }
  t.allow { roles = "ci", key = "repo/app/a/b/c", labels = all, rule = "repo-keys" }
  t.allow { roles = "ci", key = "deploy/a/b/c", labels = all, rule = "deploy-keys" }
end)

test("a pull request is refused with a reason", function(t)
  local pr = { event = "pull_request", branch = "main", repo = "app" }
  t.deny { roles = "ci", key = "deploy/registry/token", labels = pr, rule = "pull-requests",
           reason = "pull requests have no access to these keys" }
  t.deny { roles = "ci", key = "repo/app/a/b", labels = pr, rule = "pull-requests" }
  t.deny { roles = "ci", key = "repo/app/a/b", labels = { event = "pull_request_target", repo = "app" }, rule = "pull-requests" }
  t.deny { roles = "ci", key = "deploy/x", labels = { event = "push", branch = "topic" }, code = "no_rule" }
end)

test("only jobs are told that they may not write", function(t)
  t.deny { roles = "ci", op = "delete", key = "other/x", rule = "jobs-never-write", reason = "build jobs may not change secrets" }
  t.deny { roles = "developer", op = "set", key = "test/db", code = "no_rule" }
end)
