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
	var accessible bool
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
			"that come into a folder are looked at: choose one for your own screenshots alone.\n\n" +
			"With --accessible, or ACCESSIBLE=1 in the environment, it writes and reads lines\n" +
			"in place of a full screen: questions with numbers, no colours, nothing that is\n" +
			"drawn anew. That suits screen readers, serial lines and programs such as expect,\n" +
			"and is what a terminal called \"dumb\" gets.",
		Example: "  ham app\n  ham app screenshot.png\n  ham app --watch ~/Pictures/Screenshots\n  ham app --camera http://192.0.2.7:8080/video\n  ham app --accessible",
		GroupID: groupApp,
		Args:    atMostOne("a link or a picture"),
		RunE: func(cmd *cobra.Command, args []string) error {
			form := formOf(e, accessible, cmd.Flags().Changed("accessible"))
			if form == noForm {
				return errors.New("the app needs a terminal to draw on; in a script use 'ham approve', or --accessible for questions and answers in lines")
			}
			options.Language = tui.Language()
			if form == fullScreen || os.Getenv(passphraseFile) == "" {
				options.Passphrase = nil // the app asks by itself
			}
			account, err := client.Load(options)
			if err != nil && !errors.Is(err, client.ErrNotSignedIn) {
				return err
			}
			link := ""
			if len(args) > 0 {
				link = args[0]
			}
			return form.show(cmd.Context(), e, tui.Options{Account: account, Client: options, Link: link, Camera: camera, Watch: watch})
		},
	}
	cmd.Flags().BoolVar(&accessible, "accessible", false, "write and read lines, without a full screen (or ACCESSIBLE=1)")
	addConfigFlag(cmd, &options)
	cmd.Flags().StringVar(&camera, "camera", "", "the camera to use (default: the first there is)")
	cmd.Flags().StringVar(&watch, "watch", "", "a folder whose new pictures are looked at")
	cmd.MarkFlagsMutuallyExclusive("accessible", "camera")
	cmd.MarkFlagsMutuallyExclusive("accessible", "watch")
	return cmd
}
