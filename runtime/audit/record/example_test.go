package record_test

import (
	"encoding/json"
	"fmt"

	"github.com/postern-project/postern/runtime/audit/record"
)

// Reading a log: the lines of one request share its id.
func ExampleIntent() {
	line := `{"ts":"2026-01-05T12:00:00Z","record":"intent","decision_id":"a-1","caller":"web","op":"get","key":"db/password","effect":"allow","code":"allowed"}`
	var r record.Intent
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Kind == record.KindIntent, r.ID, r.Caller, r.Op, r.Key, r.Effect)
	// Output: true a-1 web get db/password allow
}
