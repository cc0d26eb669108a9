test("aws dates", function(t)
  t.allow { roles = "contractor", key = "project/x", at = "2026-04-01T00:00:00Z" }
  t.deny { roles = "contractor", key = "project/x", at = "2026-03-31T23:59:59Z" }
  t.allow { roles = "contractor", key = "project/x", at = "2026-06-30T23:59:59Z" }
  t.deny { roles = "contractor", key = "project/x", at = "2026-07-01T00:00:00Z" }
  t.deny { key = "project/x", at = "2026-05-01T00:00:00Z" }
end)
