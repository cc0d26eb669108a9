-- ci: what build jobs may read.
--
-- For runners that build changes of other people. A job has the role "ci" and
-- the labels that the runner sets: event (push, pull_request), branch and repo.
-- A pull request gets only test keys, whatever its other labels are. Deploy keys
-- require the main branch. A job reads only the keys of its own repository.

local std = require "std/v1"

deny { "pull-requests", labels = { event = "pull_request" }, keys = { "deploy/**", "repo/**" },
       reason = "pull requests have no access to these keys" }
deny { "jobs-never-write", roles = "ci", ops = "write", keys = "**",
       reason = "build jobs may not change secrets" }

allow { "test-keys", roles = "ci", ops = "read", keys = "test/**" }
allow { "repo-keys", roles = "ci", ops = "read", keys = "repo/*/**",
        when = function(req) return std.segment(req.key, 2) == req.labels.repo end }
allow { "deploy-keys", roles = "ci", ops = "get", keys = "deploy/**", labels = { branch = "main", event = "push" } }

redact { "everything", keys = "**", mode = "full" }
