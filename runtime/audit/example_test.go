package audit_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/audit/record"
)

func ExampleLog() {
	log := audit.New(os.Stderr, audit.Options{Required: true})
	entry, err := log.Intent(context.Background(), record.Intent{Time: time.Now(), Caller: "web", Op: "get", Key: "db/password", Effect: "allow", Code: "allowed"})
	if err != nil {
		fmt.Println("the request must be denied:", err)
		return
	}
	// Ask the provider, then record its result.
	err = entry.Outcome(context.Background(), record.Outcome{Time: time.Now(), Result: record.OK, Provider: "vault", Micros: 1200})
	fmt.Println(err, log.Close(), log.Dropped())
	// Output: <nil> <nil> 0
}
