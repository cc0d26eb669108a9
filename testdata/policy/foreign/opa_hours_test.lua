test("opa hours", function(t)
  t.allow { key = "a", at = "2026-03-09T13:00:00Z" }
  t.deny { key = "a", at = "2026-03-09T12:59:59Z" }
  t.deny { key = "a", at = "2026-03-07T15:00:00Z" }
  t.allow { key = "a", at = "2026-03-06T14:00:00Z" }
  t.deny { key = "a", at = "2026-03-06T13:59:00Z" }
  t.deny { key = "a", at = "2026-03-09T21:30:00Z" }
end)
