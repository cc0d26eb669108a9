package record

import "time"

// The kinds of lines.
const (
	KindPending = "pending"
	KindIntent  = "intent"
	KindOutcome = "outcome"
)

// OK is the result of a request that succeeded.
const OK = "ok"

// Checked is the result of the check with which a delete in all providers begins: no other
// provider would still have the key. It removed nothing; the deletes have their own records.
const Checked = "checked"

// Intent is written when a request has been decided and before any provider is
// asked. A denied request has this line alone.
//
// The decision on a set may depend on whether the key exists: a policy may allow only
// its form create, or only update. Such a request has a line of the kind KindPending
// before the providers are asked for that. It has the fields of an Intent, the
// operation set, and neither Effect nor Code. The intent follows when the answer is
// known, with the form of set that the request was, before anything is written; then
// the outcome, also of a denial. Without an intent between them, the request ended
// before it was decided. Field names are stable.
type Intent struct {
	Time       time.Time         `json:"ts"`
	Kind       string            `json:"record"`
	ID         string            `json:"decision_id"` // shared with the outcome
	Revision   string            `json:"revision"`
	Caller     string            `json:"caller"`        // as the request says, not authenticated
	UID        *int              `json:"uid,omitempty"` // of this process; absent where there is none
	Roles      []string          `json:"roles,omitempty"`
	Op         string            `json:"op"`
	Key        string            `json:"key,omitempty"`
	KeyHMAC    string            `json:"key_hmac,omitempty"`    // instead of Key
	Prefix     string            `json:"prefix,omitempty"`      // of a listing
	PrefixHMAC string            `json:"prefix_hmac,omitempty"` // instead of Prefix
	Labels     map[string]string `json:"labels,omitempty"`
	LabelsLeft int               `json:"labels_left_out,omitempty"`
	Effect     string            `json:"effect"` // allow or deny; "" while it is pending
	Code       string            `json:"code"`
	Rule       string            `json:"rule"`
	Line       int               `json:"line"`
	Chain      string            `json:"chain"`
	Mask       string            `json:"mask"`
	Err        string            `json:"err,omitempty"`
}

// Outcome is written when a request for which providers were asked has ended, before
// its result is handed out. Field names are stable.
type Outcome struct {
	Time       time.Time `json:"ts"` // of the end
	Kind       string    `json:"record"`
	ID         string    `json:"decision_id"`
	Caller     string    `json:"caller"`
	UID        *int      `json:"uid,omitempty"`
	Op         string    `json:"op"`
	Key        string    `json:"key,omitempty"`
	KeyHMAC    string    `json:"key_hmac,omitempty"`
	Prefix     string    `json:"prefix,omitempty"`
	PrefixHMAC string    `json:"prefix_hmac,omitempty"`
	Result     string    `json:"result"`            // OK, Checked, or the code of the error
	Provider   string    `json:"provider_used"`     // who answered, or who was asked for a listing, separated by commas; "" if nobody was
	Version    string    `json:"version,omitempty"` // of the value, as the provider says
	Keys       int       `json:"keys,omitempty"`    // number of keys that a listing returned
	Micros     int64     `json:"dur_us"`            // of the whole request
}
