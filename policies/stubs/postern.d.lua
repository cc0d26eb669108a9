---@meta postern.policy
---@alias policy.op "get"|"set"|"create"|"update"|"delete"|"keys"|"watch"|"read"|"write"|"*"
---@alias policy.strings string|string[]

---@class (exact) policy.roles          conditions on all roles of a caller
---@field any? policy.strings           globs: one role must match one of them
---@field all? policy.strings           globs: each must match a role
---@field none? policy.strings          globs: none may match a role

---@class policy.request                what a predicate may read (read-only)
---@field caller string
---@field roles table<string, true>     set of role names; also a sorted list of them
---@field op "get"|"set"|"delete"|"keys"|"watch"
---@field key string
---@field labels table<string, string>
---@field time integer                  unix seconds, fixed for one decision

---@class (exact) policy.deny
---@field [1] string  unique rule name, shown in decisions
---@field keys policy.strings  globs: "*" one segment, "**" any depth
---@field ops? policy.op|policy.op[]  default: all
---@field roles? policy.strings|policy.roles  globs, any of; or { any =, all =, none = }
---@field callers? policy.strings  globs, any of; "**" is everyone
---@field labels? table<string, string>  globs, all must match
---@field hours? string  "HH:MM-HH:MM", may wrap midnight
---@field days? string  "mon-fri" or "sat,sun"
---@field from? string  first day, "2026-04-01", or moment, RFC 3339
---@field until? string  last day, "2026-06-30", or the moment after
---@field tz? string  IANA zone, default UTC
---@field when? fun(req: policy.request): boolean  runs last; must return true or false
---@field reason? string  shown to the caller on deny

---@param rule policy.deny
function deny(rule) end

---@class (exact) policy.allow
---@field [1] string  unique rule name, shown in decisions
---@field keys policy.strings  globs: "*" one segment, "**" any depth
---@field ops? policy.op|policy.op[]  default: all
---@field roles? policy.strings|policy.roles  globs, any of; or { any =, all =, none = }
---@field callers? policy.strings  globs, any of; "**" is everyone
---@field labels? table<string, string>  globs, all must match
---@field hours? string  "HH:MM-HH:MM", may wrap midnight
---@field days? string  "mon-fri" or "sat,sun"
---@field from? string  first day, "2026-04-01", or moment, RFC 3339
---@field until? string  last day, "2026-06-30", or the moment after
---@field tz? string  IANA zone, default UTC
---@field when? fun(req: policy.request): boolean  runs last; must return true or false
---@field reason? string  shown to the caller on deny

---@param rule policy.allow
function allow(rule) end

---@class (exact) policy.chain
---@field [1] string  unique rule name, shown in decisions
---@field keys policy.strings  globs: "*" one segment, "**" any depth
---@field ops? policy.op|policy.op[]  default: all
---@field roles? policy.strings|policy.roles  globs, any of; or { any =, all =, none = }
---@field callers? policy.strings  globs, any of; "**" is everyone
---@field labels? table<string, string>  globs, all must match
---@field hours? string  "HH:MM-HH:MM", may wrap midnight
---@field days? string  "mon-fri" or "sat,sun"
---@field from? string  first day, "2026-04-01", or moment, RFC 3339
---@field until? string  last day, "2026-06-30", or the moment after
---@field tz? string  IANA zone, default UTC
---@field when? fun(req: policy.request): boolean  runs last; must return true or false
---@field providers policy.strings|fun(req: policy.request): string[]  order to ask in

---@param rule policy.chain
function chain(rule) end

---@class (exact) policy.redact
---@field [1] string  unique rule name, shown in decisions
---@field keys policy.strings  globs: "*" one segment, "**" any depth
---@field roles? policy.strings|policy.roles  globs, any of; or { any =, all =, none = }
---@field callers? policy.strings  globs, any of; "**" is everyone
---@field mode "none"|"full"|"first"|"last"|"hash"  how a value is shown
---@field keep? integer  characters kept by "first" and "last", 1 to 8

---@param rule policy.redact
function redact(rule) end

---@class (exact) policy.pin
---@field [1] string  unique rule name, shown in decisions
---@field keys policy.strings  globs: "*" one segment, "**" any depth
---@field provider string  the only provider that may be asked

---@param rule policy.pin
function pin(rule) end

---@param ... any  shown by explain and test only
function log(...) end

---@class (exact) policy.expect
---@field at? string
---@field caller? string
---@field chain? string
---@field code? string
---@field key? string
---@field labels? table<string, string>
---@field mask? string
---@field op? string
---@field pin? string
---@field providers? policy.strings
---@field reason? string
---@field roles? policy.strings
---@field rule? string

---@class (exact) policy.t
---@field allow fun(expect: policy.expect)
---@field deny fun(expect: policy.expect)

---@param name string
---@param run fun(t: policy.t)
function test(name, run) end

---@class (exact) policy.std
---@field all fun(list: any[], f: fun(item: any): boolean): boolean
---@field any fun(list: any[], f: fun(item: any): boolean): boolean
---@field contains fun(s?: string, part?: string): boolean
---@field ends fun(s?: string, suffix?: string): boolean
---@field glob fun(pattern: string, s?: string): boolean
---@field in_window fun(time: integer, hours: string, days?: string, tz?: string): boolean
---@field ip_in fun(ip?: string, cidr?: string): boolean
---@field is_ticket fun(s?: string): boolean
---@field segment fun(s?: string, i: integer): string  "" outside
---@field segments fun(s?: string): string[]
---@field semver_ge fun(have?: string, want?: string): boolean
---@field starts fun(s?: string, prefix?: string): boolean

---@param name string
---@return any
---@overload fun(name: "std/v1"): policy.std
function require(name) end
