// The SDK's status codes in the client's words.

/**
 * The name of the fault, or undefined where the session ended as it should.
 * @param {Record<string, unknown>} codes `MeetingSessionStatusCode`
 * @param {number} code
 */
export function faultOf(codes, code) {
  switch (code) {
    case codes.OK:
    case codes.Left:
    case codes.MeetingEnded:
    case codes.AudioAttendeeRemoved:
    case codes.AudioJoinedFromAnotherDevice:
    case codes.AudioDisconnectAudio:
      return undefined;
    default:
      return 'ConnectFailed';
  }
}
