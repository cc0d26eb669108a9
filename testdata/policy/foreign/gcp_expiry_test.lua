test("gcp expiry", function(t)
  t.allow { roles = "accessor", key = "projects/1/secrets/app-x" }
  t.deny { roles = "accessor", key = "projects/1/secrets/web" }
  t.deny { roles = "accessor", key = "projects/1/secrets/app-x", at = "2027-01-01T00:00:00Z" }
  t.allow { roles = "accessor", key = "projects/1/secrets/app-x", at = "2026-12-31T23:59:59Z" }
  t.deny { key = "projects/1/secrets/app-x" }
  t.deny { roles = "accessor", key = "projects/1/secrets/app-x/versions/1" }
end)
