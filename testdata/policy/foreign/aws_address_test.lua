test("aws address", function(t)
  t.allow { key = "a", labels = { ip = "10.1.1.1" } }
  t.allow { key = "a", labels = { ip = "198.51.100.7" } }
  t.deny { key = "a", labels = { ip = "198.51.101.7" } }
  t.deny { key = "a", code = "no_rule" }
  t.allow { key = "a", labels = { ip = "2001:db8::1" } }
  t.allow { key = "a", labels = { ip = "::ffff:10.1.1.1" } }
  t.deny { key = "a", labels = { ip = "10.1.1" }, code = "policy_error" }
  t.deny { key = "a", labels = { ip = "10.1.1.1:443" } }
end)
