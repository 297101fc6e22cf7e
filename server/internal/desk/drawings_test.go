package desk

import (
	"errors"
	"testing"
	"testing/synctest"
)

// More is asked for than can be drawn: whoever waits is told so, and not kept
// until they are gone.
func TestWhoeverWaitsTooLongForADrawingIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drawings{turns: make(chan struct{}, 1)}
		d.turns <- struct{}{} // somebody draws
		if _, err := d.of("https://ham.example/Q/A"); !errors.Is(err, ErrBusy) {
			t.Fatalf("%v", err)
		}
		<-d.turns
		first, err := d.of("https://ham.example/Q/A")
		if err != nil || first.Size == 0 {
			t.Fatalf("once there is room: %v", err)
		}
		d.turns <- struct{}{}
		if again, err := d.of("https://ham.example/Q/A"); err != nil || again != first {
			t.Errorf("what was drawn waits for nobody: %v", err)
		}
	})
}
