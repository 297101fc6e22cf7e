package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"hamconnect/tui"
	"hamconnect/tui/client"
)

func newAppCommand(e *env) *cobra.Command {
	var options client.Options
	var camera, watch string
	cmd := &cobra.Command{
		Use:   "app [LINK-OR-PICTURE]",
		Short: "Open the Ham app",
		Long: "app is the Ham app for the terminal: it takes a link, a picture of a QR code or a\n" +
			"ham:// link, shows who asks for what, and you approve or refuse. At its first\n" +
			"start it takes the enrol link. Press ? in it for its keys: codes come in from the\n" +
			"clipboard, the screen and a camera, too.\n\n" +
			"--camera takes a device (/dev/video0), a film (.y4m, .mjpeg), or the http:// address\n" +
			"of an MJPEG stream, as camera apps of old phones offer it. With --watch, pictures\n" +
			"that come into a folder are looked at: choose one for your own screenshots alone.",
		Example: "  ham app\n  ham app screenshot.png\n  ham app --watch ~/Pictures/Screenshots\n  ham app --camera http://192.0.2.7:8080/video",
		GroupID: groupApp,
		Args:    atMostOne("a link or a picture"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !e.interactive || !isTerminal(e.stdout) || os.Getenv("TERM") == "dumb" {
				return errors.New("the app needs a terminal to draw on; in a script use 'ham approve'")
			}
			options.Language = tui.Language()
			options.Passphrase = nil // the app asks by itself
			account, err := client.Load(options)
			if err != nil && !errors.Is(err, client.ErrNotSignedIn) {
				return err
			}
			o := tui.Options{Account: account, Client: options, Language: options.Language, Camera: camera, Watch: watch, Input: e.stdin, Output: e.stdout}
			if len(args) > 0 {
				o.Link = args[0]
			}
			return tui.Run(cmd.Context(), o)
		},
	}
	addConfigFlag(cmd, &options)
	cmd.Flags().StringVar(&camera, "camera", "", "the camera to use (default: the first there is)")
	cmd.Flags().StringVar(&watch, "watch", "", "a folder whose new pictures are looked at")
	return cmd
}
