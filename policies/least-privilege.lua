-- least-privilege: each service reads its own keys, people with a role see
-- the rest, nobody writes but the pipeline.
--
-- For servers that share one store: put the keys of a service under
-- service/NAME/, and let the service call itself NAME. A service can neither
-- read nor list another one's keys. Operators read everything but private
-- keys; only the role "pipeline" changes anything.

local std = require "std/v1"

allow { "own-keys", ops = "read", keys = "service/*/**",
        when = function(req) return std.segment(req.key, 2) == req.caller end }
allow { "operators", roles = "operator", ops = "read", keys = "**" }
allow { "pipeline", roles = "pipeline", ops = { "set", "delete" }, keys = "service/**" }

deny { "private-keys", roles = "operator", ops = "get", keys = { "**/tls.key", "**/id_*" },
       reason = "private keys are for their service alone" }

redact { "private", keys = { "**/tls.key", "**/id_*" }, mode = "hash" }
redact { "tokens", keys = { "**/*token*", "**/api_key" }, mode = "last", keep = 4 }
