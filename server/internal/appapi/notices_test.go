package appapi_test

import (
	"testing"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/activity"
)

// TestTheAppKnowsTheKindsThatItHasAdviceFor: the activity knows nothing of what
// apps are told.
func TestTheAppKnowsTheKindsThatItHasAdviceFor(t *testing.T) {
	for kind, known := range map[activity.Kind]string{activity.DeviceAdded: pairing.NoticeDevice, activity.Leaving: pairing.NoticeLeaving} {
		if string(kind) != known || !kind.IsNotice() {
			t.Errorf("%s is called %s", kind, known)
		}
	}
}
