/** Kafka's command-line tools in a JVM that stays: see Toolbox.java. */
import type { Launched } from '../launched.ts'
import { launch } from '../sandbox.ts'
import { within } from '../wait.ts'
import type { KafkaCluster } from './cluster.ts'
import { compiled } from './compile.ts'

/** How a tool ended. */
export interface ToolEnd {
  code: number
  /** Standard output. */
  output: string
  /** What came on standard error, then standard output. */
  text: string
}

const boxes = new WeakMap<KafkaCluster, Toolbox>()

/** The toolbox of a cluster, made at the first call; it goes with the cluster. */
export function toolboxOf(cluster: KafkaCluster): Toolbox {
  let box = boxes.get(cluster)
  if (box === undefined) {
    const made = new Toolbox(cluster)
    cluster.onClose(() => made.close())
    boxes.set(cluster, made)
    box = made
  }
  return box
}

export class Toolbox {
  readonly #cluster: KafkaCluster
  #jvm: Promise<Launched> | undefined
  /** The tools are no good at running side by side in one JVM. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  /**
   * Runs a tool when those before it have ended.
   * @throws Error when it takes longer than `deadlineMs`; the JVM is ended then, the next one gets another
   */
  run(className: string, args: string[], deadlineMs: number): Promise<ToolEnd> {
    const turn = this.#turn.then(() => this.#run(className, args, deadlineMs))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async close(): Promise<void> {
    const jvm = await this.#jvm?.catch(() => undefined)
    this.#jvm = undefined
    await jvm?.end('SIGKILL')
  }

  async #run(className: string, args: string[], deadlineMs: number): Promise<ToolEnd> {
    const what = `${className} ${args.join(' ')}`
    this.#jvm ??= this.#start()
    const jvm = await this.#jvm
    const output: string[] = []
    const errors: string[] = []
    let forget: (() => void) | undefined
    const ended = new Promise<number>((resolve) => {
      forget = jvm.onLine((line) => {
        const [mark, text] = [line.slice(0, 4), line.slice(4)]
        if (mark === 'out ') output.push(text)
        else if (mark === 'err ') errors.push(text)
        else if (mark === 'end ') resolve(Number(text))
      })
    })
    try {
      jvm.write(`${[className, ...args].join('\u001f')}\n`)
      const died = jvm.exited.then((end) => {
        throw new Error(`the JVM of the tools ended (${end}) during ${what}:\n${jvm.tail()}`)
      })
      const code = await within(what, deadlineMs, Promise.race([ended, died]))
      return { code, output: output.join('\n'), text: [...errors, ...output].join('\n') }
    } catch (error) {
      await this.close()
      throw error
    } finally {
      forget?.()
    }
  }

  async #start(): Promise<Launched> {
    const classes = await compiled(this.#cluster, 'Toolbox')
    return launch('java', this.#cluster.java(['Toolbox'], [classes]), { name: "Kafka's tools" })
  }
}
