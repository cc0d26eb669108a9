test("opa expiry", function(t)
  t.allow { roles = "admin", key = "a", labels = { exp = "1893456000" } }
  t.deny { roles = "admin", key = "a", labels = { exp = "100" } }
  t.deny { roles = "admin", key = "a", code = "no_rule" }
  t.deny { roles = "admin", key = "a", labels = { exp = "soon" } }
  t.deny { key = "a", labels = { exp = "1893456000" } }
end)
