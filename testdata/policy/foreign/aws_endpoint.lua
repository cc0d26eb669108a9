-- AWS: deny what does not come through one endpoint.
allow { "account", roles = "account", keys = "**" }
deny { "elsewhere", keys = "**", when = function(req) return req.labels.endpoint ~= "ep-1" end }
