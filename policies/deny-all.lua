-- deny-all: no one may do anything.
--
-- For an incident: replace the policy file by this one, and every running
-- program that follows it stops handing out secrets within seconds. It is also a
-- safe start for a machine that is not set up yet.

deny { "everyone", keys = "**", reason = "all access to secrets is closed for now" }
