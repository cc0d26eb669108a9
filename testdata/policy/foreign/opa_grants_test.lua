test("opa grants", function(t)
  t.allow { caller = "ann", key = "db/x/y" }
  t.deny { caller = "ann", key = "mail/x" }
  t.allow { caller = "ben", key = "db/read" }
  t.deny { caller = "ben", key = "db/write" }
  t.deny { caller = "eve", key = "db/read", code = "no_rule" }
  t.allow { caller = "ben", key = "mail/a" }
end)
