-- deny-all: nobody may do anything.
--
-- For an incident: point the configuration here, and every running program
-- that follows its policy stops handing out secrets within seconds. It is
-- also a safe first line for a machine that is not set up yet.

deny { "everyone", keys = "**", reason = "all access to secrets is closed for now" }
