-- ci: what build jobs may read.
--
-- For runners that build changes of other people. A job has the role "ci" and
-- the labels that the runner sets: event, branch and repo. A job reads the keys
-- of its own repository, and no others, if its event is in the list own_code: these
-- events run code of the repository alone. A pull request, any other event and a
-- job without this label get only test keys, whatever their other labels are.
-- Deploy keys require a push to the main branch. Names of events differ between
-- runners: adapt the list to yours, and add none that outsiders can cause.

local std = require "std/v1"

local own_code = { push = true, schedule = true, workflow_dispatch = true, release = true }

deny { "pull-requests", labels = { event = "pull_request*" }, keys = { "deploy/**", "repo/**" },
       reason = "pull requests have no access to these keys" }
deny { "jobs-never-write", roles = "ci", ops = "write", keys = "**",
       reason = "build jobs may not change secrets" }

allow { "test-keys", roles = "ci", ops = "read", keys = "test/**" }
allow { "repo-keys", roles = "ci", ops = "read", keys = "repo/*/**",
        when = function(req) return own_code[req.labels.event] == true and std.segment(req.key, 2) == req.labels.repo end }
allow { "deploy-keys", roles = "ci", ops = "get", keys = "deploy/**", labels = { branch = "main", event = "push" } }

redact { "everything", keys = "**", mode = "full" }
