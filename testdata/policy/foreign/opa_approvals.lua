-- OPA: two other people must have approved.
allow { "approved", roles = "developer", ops = "set", keys = "prod/**", when = function(req)
  local a, b = req.labels.first, req.labels.second
  return a ~= nil and b ~= nil and a ~= b and a ~= req.caller and b ~= req.caller
end }
