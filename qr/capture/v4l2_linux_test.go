package capture_test

import (
	"strings"
	"testing"

	"hamconnect/qr/capture"
)

func TestACameraThatIsNotThereIsNamed(t *testing.T) {
	_, err := capture.Open(t.Context(), "/dev/nope")
	if err == nil || !strings.HasPrefix(err.Error(), "There is no camera /dev/nope. ") {
		t.Error(err)
	}
}
