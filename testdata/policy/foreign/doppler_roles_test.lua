test("doppler roles", function(t)
  t.allow { roles = "viewer", key = "web/prd/X" }
  t.deny { roles = "viewer", op = "set", key = "web/dev/X" }
  t.deny { roles = "viewer", key = "web/prd/RESTRICTED_X" }
  t.allow { roles = "viewer", op = "keys", key = "web/prd/RESTRICTED_X" }
  t.allow { roles = "collaborator", op = "set", key = "web/stg/X" }
  t.deny { roles = "collaborator", op = "set", key = "web/prd/X" }
  t.deny { roles = { "viewer", "admin" }, key = "web/prd/RESTRICTED_X" }
  t.allow { roles = "viewer", key = "web/dev/X", rule = "viewer-dev" }
  t.allow { roles = "viewer", key = "web/stg/X", rule = "viewer-stg" }
  t.allow { roles = "admin", op = "delete", key = "web/prd/X", rule = "admin" }
end)
