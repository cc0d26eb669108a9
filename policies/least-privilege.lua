-- least-privilege: each service reads its own keys, operators read the others,
-- and only the pipeline writes.
--
-- For servers that share one store. Put the keys of a service under
-- service/NAME/, and use NAME as the caller of that service. A service can
-- neither read nor list the keys of another. Operators read everything except
-- private keys. Only the role "pipeline" changes keys.

local std = require "std/v1"

allow { "own-keys", ops = "read", keys = "service/*/**",
        when = function(req) return std.segment(req.key, 2) == req.caller end }
allow { "operators", roles = "operator", ops = "read", keys = "**" }
allow { "pipeline", roles = "pipeline", ops = { "set", "delete" }, keys = "service/**" }

deny { "private-keys", roles = "operator", ops = { "get", "watch" }, keys = { "**/tls.key", "**/id_*" },
       reason = "only the service itself may read its private keys" }

redact { "private", keys = { "**/tls.key", "**/id_*" }, mode = "hash" }
redact { "tokens", keys = { "**/*token*", "**/api_key" }, mode = "last", keep = 4 }
