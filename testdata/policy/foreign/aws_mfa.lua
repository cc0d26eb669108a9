-- AWS: no change without a second factor.
allow { "developer", roles = "developer", keys = "**" }
deny { "second-factor", ops = "write", keys = "**", when = function(req) return req.labels.mfa ~= "true" end,
       reason = "log in with a second factor" }
