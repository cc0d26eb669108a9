-- open: everybody may do everything with every key.
--
-- For one person on one machine, and for trying things out: it is what runs
-- when a configuration names no policy. The configured chain decides who is
-- asked, and logs still mask every value. As soon as two people or a server
-- share the secrets, pick another one.

allow { "everyone", keys = "**" }
