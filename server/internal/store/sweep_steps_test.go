package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hamconnect/server/internal/oauth"
)

// slowSteps are those of a database that cannot remove more than most rows of a
// table in time.
type slowSteps struct {
	steps
	table   string
	most    int64
	largest *int64
}

func (s slowSteps) sweep(ctx context.Context, do func(tx) error) error {
	return s.steps.sweep(ctx, func(t tx) error { return do(tx{slowTx{t.transaction, s}, t.about}) })
}

type slowTx struct {
	transaction
	slowSteps
}

func (t slowTx) exec(query string, args ...any) (int64, error) {
	n, err := t.transaction.exec(query, args...)
	if err != nil || !strings.Contains(query, " "+t.table+" ") {
		return n, err
	}
	if n > t.most {
		return 0, fmt.Errorf("%w: it takes too long", ErrUnavailable)
	}
	*t.largest = max(*t.largest, n)
	return n, nil
}

func expiredRows(t *testing.T, db *DB, many int) (at time.Time) {
	t.Helper()
	at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range many {
		expired := at.Add(-time.Duration(i/3+1) * time.Second) // three at a time
		if err := db.SpendProof(t.Context(), oauth.Secret(fmt.Sprint(i)).Hash(), expired); err != nil {
			t.Fatal(err)
		}
	}
	return at
}

func TestWhatIsTooMuchAtOnceIsSweptInSmallerSteps(t *testing.T) {
	db := open(t)
	at := expiredRows(t, db, 1000)
	var largest int64
	db.steps = slowSteps{db.steps, "proofs", 20, &largest}
	if n, err := db.Sweep(t.Context(), at); n != 1000 || err != nil {
		t.Errorf("%d rows went (%v)", n, err)
	}
	if largest == 0 || largest > 20 {
		t.Errorf("%d rows went in one step", largest)
	}
}

func TestATableThatCannotBeSweptDoesNotKeepTheOthers(t *testing.T) {
	db := open(t)
	at := expiredRows(t, db, 10)
	db.steps = slowSteps{db.steps, "pairings", -1, new(int64)} // it comes before
	if n, err := db.Sweep(t.Context(), at); n != 10 || !errors.Is(err, ErrUnavailable) {
		t.Errorf("%d rows went (%v)", n, err)
	}
}
