test("cedar groups", function(t)
  t.allow { roles = "admin", key = "a" }
  t.allow { roles = { "x", "sre-lead" }, key = "a" }
  t.deny { roles = "sre", key = "a" }
  t.deny { key = "a" }
end)
