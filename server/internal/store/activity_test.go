package store_test

import (
	"fmt"
	"testing"
	"time"

	"hamconnect/server/internal/activity"
)

func TestEventsOfOneMomentAreOnTheirPagesOnce(t *testing.T) {
	h := build(t, t.TempDir()+"/data")
	at := now
	h.Now = func() time.Time { return at }
	for i := range 30 {
		if i == 20 {
			at = at.Add(-time.Second) // the rest come after them
		}
		must(t, h.Note(t.Context(), activity.Event{UserID: "lin", Kind: activity.PasskeyBad, Subject: fmt.Sprint(i)}))
	}
	all, err := h.Activity(t.Context(), "lin", activity.Start, 1000)
	must(t, err)
	for _, size := range []int{1, 7, 10, 20, 29} {
		var paged []string
		for after := activity.Start; ; {
			page, err := h.Activity(t.Context(), "lin", after, size)
			must(t, err)
			for _, e := range page {
				paged = append(paged, e.ID)
			}
			if len(page) < size {
				break
			}
			after = page[size-1].Place()
		}
		if len(paged) != len(all) {
			t.Fatalf("%d events on pages of %d, of %d", len(paged), size, len(all))
		}
		for i, e := range all {
			if paged[i] != e.ID {
				t.Errorf("pages of %d: %s stands where %s should", size, paged[i], e.ID)
			}
		}
	}
}

func TestPlacesAreReadAsTheyAreWritten(t *testing.T) {
	for _, p := range []activity.Place{activity.Start, {At: now, ID: "AB_-c"}, {At: now}} {
		got, ok := activity.ParsePlace(p.String())
		if !ok || !got.At.Equal(p.At) || got.ID != p.ID {
			t.Errorf("%v is read as %v, %v", p, got, ok)
		}
	}
	if p, ok := activity.ParsePlace("1700000000000000"); !ok || p.At.UnixMicro() != 1700000000000000 || p.ID != "" {
		t.Errorf("the place of an older version: %v, %v", p, ok)
	}
	for _, bad := range []string{"now", ".", "12x.AB", " "} {
		if p, ok := activity.ParsePlace(bad); ok {
			t.Errorf("%q is read as %v", bad, p)
		}
	}
}
