-- open: everyone may do everything with every key.
--
-- For one person on one machine, and for trying things out. It applies when a
-- configuration names no policy. Providers are asked in the configured order,
-- and logs still mask every value. As soon as several people or a server share
-- the secrets, choose another preset.

allow { "everyone", keys = "**" }
