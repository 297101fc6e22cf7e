package bench

import (
	"strings"
	"testing"
	"time"
)

func TestOnceWantsADesktopForEachArrival(t *testing.T) {
	o := Options{
		Scenario: "waiting", Once: true, Rate: 10, Users: 60, WarmUp: time.Second, Duration: 5 * time.Second,
		MaxUnderWay: 10, Timeout: time.Second,
	}
	if err := o.Check(); err != nil {
		t.Error(err)
	}
	o.Users--
	if err := o.Check(); err == nil || !strings.Contains(err.Error(), "there will be 60") {
		t.Error(err)
	}
}
