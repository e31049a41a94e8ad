package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/agentmsg/agentmsg"
)

// An event that is delivered again after a failure runs again; one that was
// handled does not.
func ExampleDeduper() {
	var deduper agentmsg.Deduper = new(agentmsg.MemoryDeduper)
	deliver := func(ctx context.Context, key string, handle func() error) {
		claim, err := deduper.Claim(ctx, key, 3*time.Second)
		switch {
		case err != nil:
			fmt.Println("503: the store is down")
			return
		case claim.State != agentmsg.ClaimGranted:
			fmt.Println("not run, as it is", claim.State)
			return
		}
		keep, answer := 24*time.Hour, "200: handled"
		if err := handle(); err != nil {
			keep, answer = 0, "500: released" // the next delivery runs
		}
		// The sender may be gone by now; what happened must be kept nevertheless.
		if err := deduper.Done(context.WithoutCancel(ctx), claim, keep); err != nil {
			fmt.Println(err)
		}
		fmt.Println(answer)
	}

	ctx := context.Background()
	deliver(ctx, "message-1", func() error { return errors.New("the database is away") })
	deliver(ctx, "message-1", func() error {
		deliver(ctx, "message-1", nil) // at the same time
		return nil
	})
	deliver(ctx, "message-1", nil)
	// Output:
	// 500: released
	// not run, as it is in flight
	// 200: handled
	// not run, as it is handled
}

// When full it forgets what was handled longest ago.
func ExampleMemoryDeduper() {
	ctx := context.Background()
	deduper := agentmsg.MemoryDeduper{MaxKeys: 2}
	for _, key := range []string{"message-1", "message-2", "message-3", "message-3", "message-1"} {
		claim, err := deduper.Claim(ctx, key, 3*time.Second)
		fmt.Println(key, claim.State, err)
		if claim.State == agentmsg.ClaimGranted {
			err = deduper.Done(ctx, claim, 24*time.Hour)
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// message-1 granted <nil>
	// message-2 granted <nil>
	// message-3 granted <nil>
	// message-3 handled <nil>
	// message-1 granted <nil>
}

// Who was too slow has lost the claim, and must not end another's.
func ExampleDeduper_leaseLost() {
	ctx := context.Background()
	var deduper agentmsg.MemoryDeduper
	slow, err := deduper.Claim(ctx, "message-1", 0) // a lease that is over at once
	fmt.Println(slow.State, err)

	next, err := deduper.Claim(ctx, "message-1", 3*time.Second)
	fmt.Println(next.State, err)
	err = deduper.Done(ctx, slow, 24*time.Hour)
	fmt.Println(errors.Is(err, agentmsg.ErrLeaseLost))
	fmt.Println(deduper.Renew(ctx, next, 3*time.Second))
	// Output:
	// granted <nil>
	// granted <nil>
	// true
	// <nil>
}
