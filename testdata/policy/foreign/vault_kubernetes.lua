-- Vault: a path template with namespace and service account.
local std = require "std/v1"
allow { "account", ops = "read", keys = "kube/*/*", when = function(req)
  return std.segment(req.key, 2) == req.labels.namespace and std.segment(req.key, 3) == req.labels.account
end }
