test("gcp hours", function(t)
  t.allow { key = "a", at = "2026-07-01T07:00:00Z" }
  t.deny { key = "a", at = "2026-07-01T06:59:59Z" }
  t.deny { key = "a", at = "2026-07-01T15:00:00Z" }
  t.allow { key = "a", at = "2026-12-01T08:00:00Z" }
  t.deny { key = "a", at = "2026-12-05T10:00:00Z" }
end)
