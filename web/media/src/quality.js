// Round trip and loss, from the browser's statistics (W3C webrtc-stats).

/**
 * @param {{ packets?: { received: number, lost: number } }} memory what the last report had
 * @param {RTCStatsReport | undefined} report
 * @returns {{ rtt: number, loss: number } | undefined}
 */
export function qualityFrom(memory, report) {
  if (!report) return undefined;
  let rtt;
  let received = 0;
  let lost = 0;
  report.forEach((stats) => {
    if (stats.type === 'candidate-pair' && (stats.nominated || stats.selected) && stats.currentRoundTripTime !== undefined) {
      rtt = stats.currentRoundTripTime * 1000;
    }
    if (stats.type === 'inbound-rtp' && stats.kind === 'audio') {
      received += stats.packetsReceived ?? 0;
      lost += stats.packetsLost ?? 0;
    }
  });
  if (rtt === undefined) return undefined;
  const before = memory.packets ?? { received, lost };
  memory.packets = { received, lost };
  const missing = Math.max(0, lost - before.lost);
  const all = missing + Math.max(0, received - before.received);
  return { rtt, loss: all > 0 ? (100 * missing) / all : 0 };
}
